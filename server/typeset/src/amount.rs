//! Money on paper: in figures, and in Chinese capitals (大写金额) as the rules
//! for filling in bills and settlement vouchers (支付结算办法, annex 1) spell it.

const WAN: u64 = 10_000;
const YI: u64 = 100_000_000;

/// Fen as figures: `￥1,234,567.89`.
pub fn figures(fen: i64) -> String {
    let (yuan, cents) = (fen.unsigned_abs() / 100, fen.unsigned_abs() % 100);
    let digits = yuan.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}￥{grouped}.{cents:02}")
}

/// Fen in capitals: `壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分`. Whole yuan and whole
/// jiao end in 整.
pub fn capitals(fen: i64) -> String {
    let all = fen.unsigned_abs();
    let (yuan, jiao, rest) = (all / 100, all / 10 % 10, all % 10);
    let mut text = String::new();
    if fen < 0 {
        text.push('负');
    }
    if yuan > 0 || all == 0 {
        text.push_str(&whole(yuan));
        text.push('元');
    }
    match (jiao, rest) {
        (0, 0) => text.push('整'),
        (_, 0) => text.push_str(&format!("{}角整", digit(jiao))),
        (0, _) if yuan > 0 => text.push_str(&format!("零{}分", digit(rest))),
        (0, _) => text.push_str(&format!("{}分", digit(rest))),
        (_, _) => text.push_str(&format!("{}角{}分", digit(jiao), digit(rest))),
    }
    text
}

/// A whole number, by 亿 and 万 downwards; a gap between two groups is one 零.
fn whole(number: u64) -> String {
    for (unit, name) in [(YI, '亿'), (WAN, '万')] {
        if number >= unit {
            let (high, low) = (number / unit, number % unit);
            let gap = if low > 0 && low < unit / 10 {
                "零"
            } else {
                ""
            };
            let low = if low > 0 { whole(low) } else { String::new() };
            return format!("{}{name}{gap}{low}", whole(high));
        }
    }
    if number == 0 {
        return digit(0).to_string();
    }
    let mut text = String::new();
    let mut gap = false;
    for (unit, name) in [(1_000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let value = number / unit % 10;
        if value == 0 {
            gap = !text.is_empty();
            continue;
        }
        if gap {
            text.push(digit(0));
            gap = false;
        }
        text.push(digit(value));
        text.push_str(name);
    }
    text
}

/// A decimal digit's capital.
fn digit(value: u64) -> char {
    match value % 10 {
        0 => '零',
        1 => '壹',
        2 => '贰',
        3 => '叁',
        4 => '肆',
        5 => '伍',
        6 => '陆',
        7 => '柒',
        8 => '捌',
        _ => '玖',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_a_bank_writes_them() {
        for (fen, written) in [
            (0, "零元整"),
            (1, "壹分"),
            (10, "壹角整"),
            (500, "伍元整"),
            (1_000, "壹拾元整"),
            (32_504, "叁佰贰拾伍元零肆分"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (600_714, "陆仟零柒元壹角肆分"),
            (168_032, "壹仟陆佰捌拾元叁角贰分"),
            (10_700_053, "壹拾万柒仟元伍角叁分"),
            (10_000_000_000, "壹亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (100_001_000_000, "壹拾亿零壹万元整"),
            (
                12_345_678_901_234,
                "壹仟贰佰叁拾肆亿伍仟陆佰柒拾捌万玖仟零壹拾贰元叁角肆分",
            ),
            (-100, "负壹元整"),
        ] {
            assert_eq!(capitals(fen), written, "{fen} fen");
        }
    }

    #[test]
    fn the_largest_amount_has_a_name() {
        assert!(capitals(i64::MAX).starts_with("玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿"));
        assert_eq!(figures(i64::MIN), "-￥92,233,720,368,547,758.08");
    }

    #[test]
    fn figures_are_grouped_by_thousands() {
        assert_eq!(figures(123_456_789), "￥1,234,567.89");
        assert_eq!(figures(5), "￥0.05");
        assert_eq!(figures(-100_000), "-￥1,000.00");
    }
}
