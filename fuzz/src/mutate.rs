//! Choices and small mutations.

use libfuzzer_sys::fuzzer_mutate;

/// Choices that follow from a seed (SplitMix64, Steele and others 2014).
pub struct Dice(u64);

impl Dice {
    #[must_use]
    pub fn new(seed: u32) -> Self {
        Self(u64::from(seed))
    }

    /// A number below `limit`; 0 where there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit.max(1) as u64).unwrap_or(0)
    }

    /// True one time in so many.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// The bytes with one of libFuzzer's own mutations, which may make them a little longer.
#[must_use]
pub fn mutated(bytes: &[u8]) -> Vec<u8> {
    const ROOM: usize = 32;
    let mut buffer = bytes.to_vec();
    buffer.resize(bytes.len() + ROOM, 0);
    let room = buffer.len();
    let size = fuzzer_mutate(&mut buffer, bytes.len(), room);
    buffer.truncate(size);
    buffer
}

/// Puts a result of a structured mutation in the place of libFuzzer's input. Where there is none, or
/// it does not fit, and one time in four anyway, the input's bytes are mutated as they are.
pub fn structured(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    change: impl FnOnce(&[u8], &mut Dice) -> Option<Vec<u8>>,
) -> usize {
    let mut dice = Dice::new(seed);
    if !dice.one_in(4)
        && let Some(changed) = change(&data[..size], &mut dice)
        && changed.len() <= max_size
    {
        data[..changed.len()].copy_from_slice(&changed);
        return changed.len();
    }
    fuzzer_mutate(data, size, max_size)
}
