//! A contract as one HTML page: no other file, nothing from the network, in light and dark, with a search box.

use std::fmt::Write;

use super::sheet::{Section, Table, sheet};
use crate::dataset::Dataset;
use crate::model::Contract;

/// A page that stands alone. Every text of the contract is escaped; a policy in the page forbids everything that is not in it.
pub fn html(contract: &Contract, datasets: &[Dataset]) -> String {
    let sheet = sheet(contract, datasets);
    let title = escaped(&sheet.title);
    let mut body = format!("<header><h1>{title}</h1>\n");
    facts(&sheet.facts, &mut body);
    paragraphs(&sheet.text, &mut body);
    body.push_str("</header>\n");
    contents(&sheet.sections, &mut body);
    body.push_str("<main>\n");
    for (index, part) in sheet.sections.iter().enumerate() {
        section(part, index, &mut body);
    }
    body.push_str("</main>\n<p id=\"none\" hidden>Nothing found.</p>\n");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn contents(sections: &[Section], out: &mut String) {
    out.push_str(
        "<nav aria-label=\"Contents\"><input id=\"search\" type=\"search\" placeholder=\"Search columns, checks, people\" \
         aria-label=\"Search\" autocomplete=\"off\">\n<ul>\n",
    );
    for (index, section) in sections.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "<li><a href=\"#s{index}\">{}</a></li>", escaped(&section.title));
    }
    out.push_str("</ul></nav>\n");
}

fn section(section: &Section, index: usize, out: &mut String) {
    let kind = if section.kind.is_empty() { String::new() } else { format!("<small>{}</small> ", section.kind) };
    let _ = writeln!(out, "<section id=\"s{index}\"><h2>{kind}{}</h2>", escaped(&section.title));
    paragraphs(&section.text, out);
    facts(&section.facts, out);
    for part in &section.tables {
        table(part, out);
    }
    out.push_str("</section>\n");
}

fn paragraphs(texts: &[String], out: &mut String) {
    for text in texts {
        let _ = writeln!(out, "<p>{}</p>", escaped(text.trim()));
    }
}

fn facts(facts: &[(String, String)], out: &mut String) {
    if facts.is_empty() {
        return;
    }
    out.push_str("<dl>");
    for (label, value) in facts {
        let _ = write!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escaped(label), escaped(value));
    }
    out.push_str("</dl>\n");
}

fn table(table: &Table, out: &mut String) {
    if !table.title.is_empty() {
        let _ = writeln!(out, "<h3>{}</h3>", escaped(&table.title));
    }
    out.push_str("<div class=\"wide\"><table><thead><tr>");
    for column in &table.columns {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(column));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (index, cell) in row.iter().enumerate() {
            let cell = escaped(cell);
            let _ = match index {
                0 => write!(out, "<th scope=\"row\">{cell}</th>"),
                _ => write!(out, "<td>{cell}</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --line: #d9dfe6; --paper: #fff; --tint: #f4f6f9; --mark: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ef; --soft: #9aa7b5; --line: #333d49; --paper: #14191f; --tint: #1c232b; --mark: #7cb7f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { margin: 0 0 .5rem; font-size: 1.8rem; overflow-wrap: anywhere; }
h2 { margin: 2.2rem 0 .5rem; font-size: 1.25rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; overflow-wrap: anywhere; }
h2 small { font-weight: 400; color: var(--soft); }
h3 { margin: 1.2rem 0 .4rem; font-size: 1rem; color: var(--soft); }
p { white-space: pre-line; max-width: 60rem; overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; margin: .5rem 0; }
dl div { display: flex; gap: .4rem; min-width: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
nav { position: sticky; top: 0; background: var(--paper); padding: .6rem 0; border-bottom: 1px solid var(--line); z-index: 1; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1rem; list-style: none; margin: .5rem 0 0; padding: 0; max-height: 6rem; overflow: auto; }
a { color: var(--mark); }
input { width: 100%; max-width: 26rem; padding: .45rem .7rem; font: inherit; color: inherit; background: var(--tint); border: 1px solid var(--line); border-radius: .4rem; }
input:focus-visible, a:focus-visible { outline: 2px solid var(--mark); outline-offset: 1px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem .3rem; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
thead th { white-space: nowrap; color: var(--soft); font-weight: 500; }
tbody th { font-family: ui-monospace, monospace; font-weight: 500; white-space: nowrap; }
tbody tr:hover { background: var(--tint); }
section { scroll-margin-top: 8rem; }
@media (max-width: 40rem) { body { padding: 1rem; } table { min-width: 34rem; } tbody th { white-space: normal; } }
@media print { nav { display: none; } }
";

const SCRIPT: &str = "\
const search = document.getElementById('search');
const none = document.getElementById('none');
const sections = [...document.querySelectorAll('section')];
search.addEventListener('input', () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const has = (text) => words.every((word) => text.toLowerCase().includes(word));
  let found = 0;
  for (const section of sections) {
    const whole = words.length === 0 || has(section.querySelector('h2').textContent);
    let rows = 0;
    for (const row of section.querySelectorAll('tbody tr')) {
      row.hidden = !(whole || has(row.textContent));
      rows += row.hidden ? 0 : 1;
    }
    for (const table of section.querySelectorAll('.wide')) {
      table.hidden = !table.querySelector('tbody tr:not([hidden])');
      if (table.previousElementSibling.tagName === 'H3') table.previousElementSibling.hidden = table.hidden;
    }
    section.hidden = !(whole || rows > 0);
    found += section.hidden ? 0 : 1;
  }
  none.hidden = found > 0;
});
";
