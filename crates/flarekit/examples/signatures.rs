//! How many approvals a second the RSA-2048 signatures alone would allow: two for each, on so many
//! threads. `bench/bulk` compares with it.
//!
//!     cargo run --release --example signatures -- THREADS SECONDS

#![allow(clippy::unwrap_used, reason = "a measuring tool, whose user reads a backtrace")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flarekit::pki::{PrivateKey, Signer};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u64>().unwrap());
    let (threads, seconds) = (arguments.next().unwrap_or(1), arguments.next().unwrap_or(5));
    let key = PrivateKey::generate().unwrap();
    let (pairs, start) = (AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while start.elapsed() < Duration::from_secs(seconds) {
                    key.sign_certificate(&[0; 600]).unwrap();
                    key.sign_content(&[0; 1500]).unwrap();
                    pairs.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let done = pairs.load(Ordering::Relaxed);
    println!("{:.0}", done as f64 / start.elapsed().as_secs_f64());
}
