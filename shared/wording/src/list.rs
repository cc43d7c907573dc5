//! Lists and numbers in a sentence.

/// The items as a list in a sentence: `a`, `a and b`, `a, b and c`. Empty for no items.
pub fn list_of<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().collect();
    let items: Vec<_> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A number with its noun, in the singular for one.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_as_a_sentence_says_it() {
        assert_eq!(list_of::<&str>([]), "");
        assert_eq!(list_of(["Bob"]), "Bob");
        assert_eq!(list_of(["Bob", "Carol"]), "Bob and Carol");
        assert_eq!(list_of(["Bob", "Carol", "Dave"]), "Bob, Carol and Dave");
    }

    #[test]
    fn one_thing_is_not_several() {
        assert_eq!(counted(1, "thing is", "things are"), "1 thing is");
        assert_eq!(counted(2, "thing is", "things are"), "2 things are");
    }
}
