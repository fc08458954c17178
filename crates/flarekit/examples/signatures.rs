//! How many approvals a second there could be at most on so many threads, if they were nothing but
//! their two RSA-2048 signatures, and, with a folder to write into, nothing but what no approval can do
//! without: the signatures, the verification of the CSR and of the certificate, and the two files, which
//! must be durable under their names. `bench/bulk` compares with both.
//!
//!     cargo run --release --example signatures -- THREADS SECONDS [FOLDER]

#![allow(clippy::unwrap_used, reason = "a measuring tool, whose user reads a backtrace")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flarekit::pki::{PrivateKey, Signer};

/// Files that are made durable together, as in a wave.
const BATCH: u64 = 64;
/// Threads for each processor where files are written: they wait for the disk in turns.
const WAITING: u64 = 4;
/// The sizes of a signed zip and of a record.
const FILES: [(&str, usize); 2] = [("signed.zip", 4800), ("json", 3700)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).map(|word| word.parse::<u64>().unwrap());
    let (threads, seconds) = (number(0).unwrap_or(1), number(1).unwrap_or(5));
    let key = PrivateKey::generate().unwrap();
    let signatures = rate(threads, seconds, |_| {
        sign(&key);
        1
    });
    println!("{signatures:.0}");
    let Some(folder) = arguments.get(2).map(PathBuf::from) else { return };
    let request = key.sign_content(&[0; 600]).unwrap();
    let all = rate(threads * WAITING, seconds, |batch| {
        let place = folder.join(batch.to_string());
        fs::create_dir(&place).unwrap();
        let written: Vec<_> = (0..BATCH)
            .flat_map(|item| {
                sign(&key);
                // Of the CSR and of the certificate; the other kind of signature takes as long.
                for _ in 0..2 {
                    key.public_key().verify_content(&[0; 600], &request).unwrap();
                }
                FILES.map(|(name, size)| write(&place, &format!("{item}.{name}"), size))
            })
            .collect();
        written.iter().for_each(|(file, _)| file.sync_all().unwrap());
        for (_, draft) in &written {
            fs::rename(draft, draft.with_extension("")).unwrap();
        }
        File::open(&place).unwrap().sync_all().unwrap();
        BATCH
    });
    println!("{all:.0}");
}

fn sign(key: &PrivateKey) {
    key.sign_certificate(&[0; 600]).unwrap();
    key.sign_content(&[0; 1500]).unwrap();
}

fn write(place: &Path, name: &str, size: usize) -> (File, PathBuf) {
    let draft = place.join(format!("{name}.draft"));
    let mut file = File::create_new(&draft).unwrap();
    file.write_all(&vec![b'x'; size]).unwrap();
    (file, draft)
}

/// Approvals a second; the work is told its number and says how many approvals it was.
fn rate(threads: u64, seconds: u64, work: impl Fn(u64) -> u64 + Sync) -> f64 {
    let (begun, done, start) = (AtomicU64::new(0), AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while start.elapsed() < Duration::from_secs(seconds) {
                    let count = work(begun.fetch_add(1, Ordering::Relaxed));
                    done.fetch_add(count, Ordering::Relaxed);
                }
            });
        }
    });
    done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}
