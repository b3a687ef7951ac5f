//! Character classes in brackets.

use std::fmt::Write;

use super::Problem;
use super::parse::Parser;

/// One member of a class: a character, or a class of its own such as `\d`.
enum Member {
    Character(char),
    Class(String),
}

/// Reads what follows `[`.
pub(super) fn read(parser: &mut Parser, start: usize) -> Result<(), Problem> {
    let negated = parser.eat('^');
    let mut members = String::new();
    loop {
        if parser.eat(']') {
            break;
        }
        let place = parser.offset();
        let from = member(parser, start)?;
        // A hyphen before the bracket means itself; between two characters it is a range.
        let is_range = parser.peek() == Some('-') && {
            let mut after = parser.rest().skip(1);
            after.next().is_some_and(|next| next != ']')
        };
        if !is_range {
            push(&from, &mut members);
            continue;
        }
        parser.eat('-');
        let to = member(parser, start)?;
        match (&from, &to) {
            (Member::Character(from), Member::Character(to)) if from <= to => {
                // Writing to a string cannot fail.
                let _ = write!(members, r"\x{{{:X}}}-\x{{{:X}}}", u32::from(*from), u32::from(*to));
            }
            (Member::Character(_), Member::Character(_)) => {
                return Err(Parser::invalid_at(place, "the ends of the range are out of order"));
            }
            // `[\w-.]`: with a class at one end the hyphen means itself.
            _ => {
                push(&from, &mut members);
                push(&Member::Character('-'), &mut members);
                push(&to, &mut members);
            }
        }
    }
    parser.out.push_str(&match (negated, members.is_empty()) {
        (false, false) => format!("[{members}]"),
        (true, false) => format!("[^{members}]"),
        (false, true) => r"[^\s\S]".to_owned(),
        (true, true) => r"[\s\S]".to_owned(),
    });
    Ok(())
}

fn member(parser: &mut Parser, class: usize) -> Result<Member, Problem> {
    let start = parser.offset();
    match parser.next() {
        None => Err(Parser::invalid_at(class, "a `[` without its `]`")),
        Some('\\') => match parser.class_escape(start)? {
            Some(class) => Ok(Member::Class(class)),
            None => parser.character_escape(start, true).map(Member::Character),
        },
        Some(character) => Ok(Member::Character(character)),
    }
}

fn push(member: &Member, members: &mut String) {
    match member {
        Member::Character(character) => {
            let _ = write!(members, r"\x{{{:X}}}", u32::from(*character));
        }
        Member::Class(class) => members.push_str(class),
    }
}
