//! Whatever the reader accepts is already the one canonical spelling of its
//! value.
#![no_main]

use kaibiao_crypto::canonical;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = canonical::from_bytes::<serde_json::Value>(bytes) {
        assert_eq!(canonical::to_bytes(&value), bytes);
    }
    // Whatever JSON it is, writing it fails cleanly or gives what is read back.
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes)
        && let Ok(written) = canonical::try_to_bytes(&value)
    {
        assert_eq!(
            canonical::from_bytes::<serde_json::Value>(&written).expect("canonical"),
            value
        );
    }
});
