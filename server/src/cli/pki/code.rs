//! 统一社会信用代码 (GB 32100-2015) for certificates to be issued.

use crate::client::failure::{Failure, Kind, Outcome};

/// The 31 characters of the code, by value; I, O, S, V and Z are left out.
const CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Takes a whole code and checks it, or 17 characters and completes them.
pub fn complete(given: &str) -> Outcome<String> {
    let given = given.trim().to_ascii_uppercase();
    let body = given.get(..17).unwrap_or(&given);
    let check = check_character(body).ok_or_else(|| {
        Failure::new(
            Kind::Usage,
            "code",
            format!("{given:?} 不是统一社会信用代码:应为 18 位数字和大写字母(不含 I、O、S、V、Z)。"),
            format!("{given:?} is not a unified social credit code: 18 digits and capitals without I, O, S, V, Z."),
        )
    })?;
    match given.get(17..) {
        Some("") | None => Ok(format!("{given}{check}")),
        Some(last) if last.len() == 1 && last.starts_with(check) => Ok(given),
        Some(_) => Err(Failure::new(
            Kind::Usage,
            "code-check",
            format!("统一社会信用代码 {given} 的校验位不对,应为 {check};请核对。"),
            format!(
                "The check character of {given} is wrong, it should be {check}; look it up again."
            ),
        )),
    }
}

/// GB 32100-2015, 4.6: weights are powers of 3 modulo 31.
fn check_character(body: &str) -> Option<char> {
    if body.len() != 17 {
        return None;
    }
    let mut weight = 1;
    let mut sum = 0;
    for byte in body.bytes() {
        let value = CHARACTERS.iter().position(|&character| character == byte)?;
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    Some(char::from(CHARACTERS[(31 - sum % 31) % 31]))
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn a_published_code_is_accepted_and_its_misprint_refused() {
        // The code of Peking University, from its own site.
        assert_eq!(
            complete("12100000400002259P").expect("a published code"),
            "12100000400002259P"
        );
        assert_eq!(
            complete("12100000400002259").expect("17 characters"),
            "12100000400002259P"
        );
        assert_eq!(
            complete("12100000400002259Q").expect_err("a misprint").code,
            "code-check"
        );
        assert_eq!(complete("OIL").expect_err("letters left out").code, "code");
    }
}
