//! Names of people as somebody gives them: what is entered for good must be read for what it is by whoever looks at it.

use engine::{Error, Kind, Result};

/// Longer than any name.
const LONGEST: usize = 200;

/// An error where nobody can have this name: it is empty, or has characters that are not seen.
pub fn fit(name: &str) -> Result<()> {
    let why = match name.trim() {
        "" => "it is empty".to_owned(),
        text if text.chars().count() > LONGEST => format!("it has more than {LONGEST} characters"),
        text => match text.chars().find(|c| is_unseen(*c)) {
            Some(unseen) => format!("it has the character {} in it, which nobody sees", unseen.escape_unicode()),
            None => return Ok(()),
        },
    };
    Err(Error::new(Kind::Input, format!("`{}` is no name: {why}", name.escape_debug()))
        .help("give the name by which the person is known"))
}

/// Control characters, line ends, and those that change the direction of the text or have no width.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn who_has_a_name() {
        for name in ["ada", "dana@example.org", "Łucja Žižek", "O'Neill, R. & D. 7", " ada "] {
            assert!(fit(name).is_ok(), "{name}");
        }
        for name in ["", " ", "a\u{1b}[2J", "a\nb", "a\u{202e}b", "a\u{200b}", &"a".repeat(201)] {
            assert!(fit(name).is_err(), "{name:?}");
        }
    }
}
