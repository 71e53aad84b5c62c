//! 统一社会信用代码 (GB 32100-2015) for certificates to be issued.

use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_crypto::certificate::Organisation;

/// Takes a whole code and checks it, or 17 characters and completes them.
pub fn complete(given: &str) -> Outcome<String> {
    let given = given.trim().to_ascii_uppercase();
    let code = if given.len() == 17 {
        Organisation::complete(&given)
    } else {
        given.parse::<Organisation>()
    };
    code.map(|code| code.as_str().to_owned()).map_err(|_| {
        let check = given
            .get(..17)
            .and_then(|body| Organisation::complete(body).ok())
            .and_then(|code| code.as_str().chars().last());
        match check {
            Some(check) => Failure::new(
                Kind::Usage,
                "code-check",
                format!("统一社会信用代码 {given} 的校验位不对,应为 {check};请核对。"),
                format!("The check character of {given} is wrong, it should be {check}; look it up again."),
            ),
            None => Failure::new(
                Kind::Usage,
                "code",
                format!("{given:?} 不是统一社会信用代码:应为 18 位数字和大写字母(不含 I、O、S、V、Z)。"),
                format!("{given:?} is not a unified social credit code: 18 digits and capitals without I, O, S, V, Z."),
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn a_code_is_completed_or_checked_and_its_misprint_says_what_was_meant() {
        let whole = complete("12100000400002259").unwrap();
        assert_eq!(whole, "12100000400002259P");
        assert_eq!(complete(&whole.to_lowercase()).unwrap(), whole);
        let misprint = complete("12100000400002259Q").unwrap_err();
        assert_eq!(misprint.code, "code-check");
        assert!(misprint.en.contains("should be P"), "{misprint}");
        assert_eq!(complete("OIL").unwrap_err().code, "code");
    }
}
