//! How fast the suite is here, beside openssl in the same run:
//! `cargo test --release -p kaibiao-gm --features std tests::speed -- --ignored --nocapture`.

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{TestRng, levels, slices};
use crate::segment::{Place, SegmentCipher, TAG};
use crate::sm2::{Scalar, signature};
use crate::sm3::Sm3;
use crate::sm4::Sm4;

const MIB: usize = 1 << 20;

/// How often `work` can be done in a second of this thread's time on a processor,
/// where the system tells that (as openssl counts it), and otherwise of the clock's.
fn rate(mut work: impl FnMut()) -> f64 {
    work();
    let (start, began, mut times) = (Instant::now(), on_processor(), 0_u32);
    while start.elapsed() < Duration::from_secs(1) {
        work();
        times += 1;
    }
    let elapsed = match began.zip(on_processor()) {
        Some((began, ended)) => ended - began,
        None => start.elapsed(),
    };
    f64::from(times) / elapsed.as_secs_f64()
}

fn on_processor() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = told.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn openssl(arguments: &[&str]) -> String {
    let fixed = ["speed", "-seconds", "1", "-bytes", "1048576", "-evp"];
    let found = Command::new("openssl").args(fixed).args(arguments).output();
    let found = found.map(|found| String::from_utf8_lossy(&found.stdout).into_owned());
    let found = found.unwrap_or_default();
    let line = found.lines().last().unwrap_or("not here");
    let thousands = line.split_whitespace().last().unwrap_or_default();
    let thousands = thousands.trim_end_matches('k').parse::<f64>();
    thousands.map_or("not here".to_owned(), |it| format!("{:.0} MB/s", it / 1e3))
}

#[test]
#[ignore = "tells how fast it is"]
fn speed() {
    let theirs = [openssl(&["sm4-ctr"]), openssl(&["sm3"])];
    println!("openssl: SM4-CTR {}, SM3 {}", theirs[0], theirs[1]);
    let sm4 = Sm4::new(&[7; 16]);
    let one = rate(|| {
        let mut hasher = Sm3::new();
        hasher.update(black_box(&[0x5a; MIB]));
        black_box(hasher.finish());
    });
    println!("SM3 of one text {:.0} MB/s", one * MIB as f64 / 1e6);
    for level in levels() {
        let mut text = vec![0x5a; MIB];
        let counter = [0; 16];
        let ctr = rate(|| sm4.ctr_at(level, &counter, black_box(&mut text)));
        let chunks = vec![vec![0x5a; MIB]; 16];
        let chunks: Vec<&[u8]> = chunks.iter().map(|chunk| &chunk[..]).collect();
        let sm3 = rate(|| drop(black_box(Sm3::of_each_at(level, black_box(&chunks)))));
        println!(
            "{level:?}: SM4-CTR {:.0} MB/s, SM3 of texts side by side {:.0} MB/s",
            ctr * MIB as f64 / 1e6,
            sm3 * (16 * MIB) as f64 / 1e6
        );
    }

    let place = Place {
        envelope: 0,
        segment: 2,
        context: [3; 32],
    };
    let cipher = SegmentCipher::new(&[1; 32], &place);
    for chunks in [1, 2, 4, 8] {
        let mut plain = vec![vec![0x5a; MIB + TAG]; chunks];
        let seal = rate(|| drop(black_box(cipher.seal(0, 99, &mut slices(&mut plain)))));
        let mut sealed = vec![vec![0x5a; MIB + TAG]; chunks];
        cipher.seal(0, 99, &mut slices(&mut sealed));
        let mut buffers = sealed.clone();
        let open = rate(|| {
            for (buffer, sealed) in buffers.iter_mut().zip(&sealed) {
                buffer.clear();
                buffer.extend_from_slice(sealed);
            }
            let found = black_box(cipher.open(0, 99, &mut slices(&mut buffers)));
            assert!(found.iter().all(|found| found.plain.is_some()));
        });
        let bytes = (chunks * MIB) as f64 / 1e6;
        println!(
            "{chunks} chunks of a segment, one core: sealed {:6.0} MB/s, opened {:6.0} MB/s",
            seal * bytes,
            open * bytes
        );
    }

    let key = Scalar::generate(&mut TestRng::new("speed"));
    let sign = rate(|| drop(black_box(signature::sign(&key, b"message").unwrap())));
    let value = signature::sign(&key, b"message").unwrap();
    let verify = rate(|| {
        let held = signature::verify(key.point().as_bytes(), b"message", &value);
        assert_eq!(black_box(held), Ok(()));
    });
    println!("SM2: {sign:.0} signatures made, {verify:.0} checked a second");
}
