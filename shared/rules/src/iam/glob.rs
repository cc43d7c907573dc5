//! Wildcards as IAM has them: `*` for any text, `?` for one character. Case does not matter.

/// Whether a pattern matches a whole text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    fits(pattern.as_bytes(), text.as_bytes())
}

fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // The place of the last star, and the place in the text up to which it matches.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, from));
                at += 1;
            }
            (Some(own), _) if *own == b'?' || Some(own) == text.get(from) => {
                at += 1;
                from += 1;
            }
            (_, Some((stood, taken))) => {
                star = Some((stood, taken + 1));
                (at, from) = (stood + 1, taken + 1);
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|own| *own == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_takes_any_text_and_a_question_mark_one_character() {
        for (pattern, text) in
            [("*", ""), ("Get*", "getobject"), ("*Object", "GetObject"), ("G?t*b*t", "GetObject")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "x"), ("?", ""), ("Get", "GetObject"), ("*X", "GetObject")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
