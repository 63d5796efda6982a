//! The commands of a shell script: their words without quotes, and the place of each byte in the script.

use std::ops::Range;

/// A word of a command.
#[derive(Debug, Default)]
pub(crate) struct Word {
    /// The word as the program gets it.
    pub(crate) text: String,
    /// For each byte of the text, the range of the script that it stands for.
    places: Vec<(usize, usize)>,
}

impl Word {
    /// The part of the script for a part of the word.
    pub(crate) fn place(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let part = self.places.get(range.clone())?;
        Some(part.first()?.0..part.last()?.1)
    }

    fn push(&mut self, letter: char, place: (usize, usize)) {
        self.text.push(letter);
        self.places.resize(self.text.len(), place);
    }
}

/// Reads a script. Commands within `$(…)`, backticks and brackets are commands of their own. Quotes without an end reach to the
/// end of the script.
pub(crate) fn commands(script: &str) -> Vec<Vec<Word>> {
    let rest = script.char_indices().peekable();
    let mut reader = Reader { script, rest, commands: Vec::new(), words: Vec::new(), word: None, is_redirected: false };
    reader.read();
    reader.commands
}

struct Reader<'a> {
    script: &'a str,
    rest: std::iter::Peekable<std::str::CharIndices<'a>>,
    commands: Vec<Vec<Word>>,
    words: Vec<Word>,
    word: Option<Word>,
    /// True if the next word is the file of a redirection.
    is_redirected: bool,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some((at, letter)) = self.rest.next() {
            match letter {
                '\'' => self.single_quoted(),
                '"' => self.double_quoted(),
                '$' if self.next_is('\'') => {
                    self.rest.next();
                    self.ansi_quoted();
                }
                '$' if self.next_is('(') => self.end_command(),
                '\\' => match self.rest.next() {
                    Some((_, '\n')) | None => {}
                    Some((_, escaped)) => self.push(escaped, at),
                },
                '#' if self.word.is_none() => while self.rest.next_if(|(_, letter)| *letter != '\n').is_some() {},
                '\n' | ';' | '|' | '&' | '(' | ')' | '`' => self.end_command(),
                '<' | '>' => self.redirect(),
                letter if letter.is_whitespace() => self.end_word(),
                letter => self.push(letter, at),
            }
        }
        self.end_command();
    }

    fn next_is(&mut self, letter: char) -> bool {
        self.rest.peek().is_some_and(|(_, next)| *next == letter)
    }

    /// Adds a letter that begins at an index and ends before the next letter to read.
    fn push(&mut self, letter: char, start: usize) {
        let end = self.rest.peek().map_or(self.script.len(), |(end, _)| *end);
        self.word.get_or_insert_default().push(letter, (start, end));
    }

    fn single_quoted(&mut self) {
        self.word.get_or_insert_default();
        while let Some((at, letter)) = self.rest.next() {
            match letter {
                '\'' => return,
                letter => self.push(letter, at),
            }
        }
    }

    fn double_quoted(&mut self) {
        self.word.get_or_insert_default();
        while let Some((at, letter)) = self.rest.next() {
            match letter {
                '"' => return,
                '\\' => {
                    let escaped = self.rest.next_if(|(_, next)| matches!(next, '"' | '\\' | '$' | '`'));
                    self.push(escaped.map_or('\\', |(_, escaped)| escaped), at);
                }
                letter => self.push(letter, at),
            }
        }
    }

    /// `$'…'`, in which a backslash escapes the next letter.
    fn ansi_quoted(&mut self) {
        self.word.get_or_insert_default();
        while let Some((at, letter)) = self.rest.next() {
            match letter {
                '\'' => return,
                '\\' => {
                    let escaped = match self.rest.next().map(|(_, escaped)| escaped) {
                        Some('n') => '\n',
                        Some('t') => '\t',
                        Some(escaped) => escaped,
                        None => '\\',
                    };
                    self.push(escaped, at);
                }
                letter => self.push(letter, at),
            }
        }
    }

    /// A redirection is no word of the command, nor are the number before it and the file after it.
    fn redirect(&mut self) {
        if self.word.as_ref().is_some_and(|word| word.text.bytes().all(|byte| byte.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        while self.rest.next_if(|(_, letter)| matches!(letter, '<' | '>' | '&')).is_some() {}
        self.is_redirected = true;
    }

    fn end_word(&mut self) {
        let word = self.word.take();
        if word.is_some() && self.is_redirected {
            self.is_redirected = false;
            return;
        }
        self.words.extend(word);
    }

    fn end_command(&mut self) {
        self.end_word();
        self.is_redirected = false;
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(script: &str) -> Vec<Vec<String>> {
        commands(script).iter().map(|words| words.iter().map(|word| word.text.clone()).collect()).collect()
    }

    #[test]
    fn words_are_those_that_a_shell_passes_to_the_programs() {
        assert_eq!(words("a 'b c' \"d $e\" f\\ g"), [["a", "b c", "d $e", "f g"]]);
        assert_eq!(words("a && b | c; d >> e 2>&1 f"), [vec!["a"], vec!["b"], vec!["c"], vec!["d", "f"]]);
        assert_eq!(words("a $(b c) `d`"), [vec!["a"], vec!["b", "c"], vec!["d"]]);
        assert_eq!(words("a 'it'\\''s' $'x\\'y' \"\" # b\nc"), [vec!["a", "it's", "x'y", ""], vec!["c"]]);
        assert_eq!(words("a 'b"), [["a", "b"]]);
    }

    #[test]
    fn a_part_of_a_word_has_its_place_in_the_script() {
        let script = "p -p'a b'\\''c' \"ä\\$\"";
        let commands = commands(script);
        let place = |word: usize, range: Range<usize>| &script[commands[0][word].place(&range).unwrap()];
        assert_eq!(commands[0][1].text, "-pa b'c");
        assert_eq!(place(1, 2..7), "a b'\\''c");
        assert_eq!(place(2, 0..3), "ä\\$");
    }
}
