//! What the events say of bids and custodians, in words.

use super::say;
use crate::Language;

/// Words of the formats (docs/spec/events.md) one by one, with a space between them; what is
/// none is told as it is.
pub(super) fn said(language: Language, value: &str) -> String {
    let named = value.split(' ').map(|word| named(language, word));
    named.collect::<Vec<_>>().join(" ")
}

fn named(language: Language, word: &str) -> &str {
    let known = WORDS.iter().find(|(known, _, _)| *known == word);
    known.map_or(word, |(_, zh, en)| say(language, zh, en))
}

/// Each with what it is called in Chinese and in English, as in the page.
const WORDS: [(&str, &str, &str); 30] = [
    ("forfeited", "视为撤销", "deemed forfeited (撤销)"),
    ("returned", "视为撤回", "deemed returned (撤回)"),
    ("open", "待监督认定", "for the supervisor to decide"),
    ("opened", "开启成功", "Opened"),
    (
        "shares_missing",
        "保管人份额不足",
        "Custodians' shares missing",
    ),
    ("store_corrupt", "平台存储损坏", "Platform's store corrupt"),
    (
        "release_mismatch",
        "密封时写入的保管人份额有误",
        "Wrong custodians' shares sealed in",
    ),
    (
        "rescue_mismatch",
        "密封时写入的补救份额有误",
        "Wrong rescue shares sealed in",
    ),
    (
        "dealing_mismatch",
        "份额或封装与其密钥不一致",
        "Shares or wraps differ from the key they are of",
    ),
    (
        "key_mismatch",
        "密封时写入的密钥有误",
        "Wrong key sealed in",
    ),
    ("unreadable", "密文无法解开", "Ciphertext cannot be read"),
    (
        "plaintext_mismatch",
        "内容与密封承诺不符",
        "Content differs from its commitment",
    ),
    ("malformed", "开标一览表格式不符", "Opening sheet malformed"),
    (
        "manifest_mismatch",
        "文件与清单不符",
        "Documents differ from the manifest",
    ),
    ("not_opened", "未在时限内开启", "Not opened in time"),
    (
        "no_attempt",
        "投标人未尝试解密",
        "the bidder did not try to unlock",
    ),
    (
        "wrong_key",
        "投标人所用密钥均不匹配",
        "every key the bidder sent was wrong",
    ),
    (
        "content_fails",
        "密封承诺相符而内容有误",
        "commitments match, the content fails",
    ),
    (
        "dealing_fails",
        "投标文件中写给保管人的份额或封装有误",
        "the custodians' shares or wraps in the bid are wrong",
    ),
    (
        "wraps_fail",
        "多个保管人称投标文件中写给自己的封装不能得出份额",
        "several custodians say that their wraps in the bid give no share",
    ),
    (
        "rescue_fails",
        "投标文件自带的补救份额有误",
        "the bid's own rescue shares are wrong",
    ),
    (
        "one_complaint",
        "一个保管人称其封装不能得出份额，由监督部门认定",
        "one custodian says that its wrap gives no share; the supervisor decides",
    ),
    (
        "not_proved",
        "保管人不能证明释放所需的事项，由监督部门认定",
        "custodians could not prove enough to release it; the supervisor decides",
    ),
    (
        "share_missing",
        "解密保管人份额缺失或有误",
        "a custodian's share is missing or wrong",
    ),
    (
        "store_failed",
        "平台存储故障",
        "the platform's store failed",
    ),
    (
        "platform_unwell",
        "平台在解密期间运行异常",
        "the platform was unwell during the window",
    ),
    (
        "not_opened_in_time",
        "平台未在时限内开启",
        "the platform did not open it in time",
    ),
    (
        "unexplained",
        "原因不明，由行政监督认定",
        "unexplained; the supervisor decides",
    ),
    (
        "wrong_share",
        "所给份额有误，投标文件的份额分发无误",
        "the share it sent was wrong, and the bid is dealt well",
    ),
    (
        "false_complaint",
        "所述理由不实，投标文件中写给它的封装无误",
        "its complaint was false: its wrap in the bid is right",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_told_in_the_readers_language_and_what_is_none_as_it_is() {
        let finding = "forfeited content_fails";
        let zh = said(Language::Zh, finding);
        assert_eq!(zh, "视为撤销 密封承诺相符而内容有误");
        let en = said(Language::En, "2 wrong_share");
        assert_eq!(
            en,
            "2 the share it sent was wrong, and the bid is dealt well"
        );
        assert_eq!(said(Language::En, "65000"), "65000");
    }
}
