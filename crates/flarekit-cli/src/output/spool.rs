//! Text that waits to be printed.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

/// So many bytes wait in memory.
const IN_MEMORY: usize = 256 << 10;

/// Text that is written piece by piece and then read once. A long one waits in a temporary file that
/// has no name; where there is no room for one, in memory.
#[derive(Debug, Default)]
pub struct Spool {
    file: Option<File>,
    /// How much of the text is in the file. What a failed write left behind it does not count.
    in_file: u64,
    /// The file takes no more.
    full: bool,
    rest: Vec<u8>,
}

impl Spool {
    /// Adds a piece.
    pub fn push(&mut self, text: &str) {
        self.rest.extend_from_slice(text.as_bytes());
        if self.rest.len() >= IN_MEMORY && !self.full {
            self.full = self.spill().is_err();
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        self.file.insert(file).write_all_at(&self.rest, self.in_file)?;
        self.in_file += self.rest.len() as u64;
        self.rest.clear();
        Ok(())
    }

    /// All of it, from the beginning.
    pub fn read(self) -> io::Result<impl Read> {
        let mut parts: Vec<Box<dyn Read>> = Vec::new();
        if let Some(mut file) = self.file {
            file.seek(SeekFrom::Start(0))?;
            parts.push(Box::new(file.take(self.in_file)));
        }
        parts.push(Box::new(Cursor::new(self.rest)));
        let none: Box<dyn Read> = Box::new(io::empty());
        Ok(parts.into_iter().fold(none, |before, part| Box::new(before.chain(part))))
    }
}

#[cfg(test)]
mod tests {
    use super::{IN_MEMORY, Spool};
    use std::fs::File;
    use std::io::Read as _;

    fn text(spool: Spool) -> String {
        let mut text = String::new();
        spool.read().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn all_comes_back_in_order_however_much_it_is() {
        for pieces in [0, 1, 100, 3000] {
            let mut spool = Spool::default();
            let piece = |number: usize| format!("{number:>999}\n");
            (0..pieces).for_each(|number| spool.push(&piece(number)));
            assert_eq!(spool.file.is_some(), pieces * 1000 >= IN_MEMORY);
            assert!(spool.rest.len() <= IN_MEMORY);
            assert_eq!(text(spool), (0..pieces).map(piece).collect::<String>());
        }
    }

    #[test]
    fn without_room_for_a_file_it_stays_in_memory() {
        // Not open for writing.
        let mut spool = Spool { file: File::open("/dev/null").ok(), ..Spool::default() };
        let piece = "x".repeat(IN_MEMORY);
        (0..3).for_each(|_| spool.push(&piece));
        assert!(spool.full);
        assert_eq!(text(spool), piece.repeat(3));
    }
}
