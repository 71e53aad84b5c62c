/** Money: fen as text, yuan as people type it, and Chinese capitals 大写金额. No floats. */

/** The most that a sheet holds: 2^63 - 1 fen. */
const MOST = 9223372036854775807n;

/** "1,234.5", "￥1234.50" or "1234.50元" to "123450" fen; nothing when it is no amount. */
export function fenOfYuan(text: string): string | undefined {
  const plain = halfWidth(text)
    .replace(/^[¥￥]\s*/u, "")
    .replace(/\s*元$/u, "");
  const parts = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?$/.exec(plain);
  if (!parts) return undefined;
  const fen = BigInt(parts[1]!.replaceAll(",", "") + (parts[2] ?? "").padEnd(2, "0"));
  return fen > MOST ? undefined : fen.toString();
}

/** "123450" fen to "1234.50"; grouped: "1,234.50". */
export function yuanOfFen(fen: string, grouped = false): string {
  const { negative, digits } = digitsOf(fen);
  const yuan = digits.slice(0, -2);
  return `${negative ? "-" : ""}${grouped ? yuan.replace(/\B(?=(\d{3})+$)/g, ",") : yuan}.${digits.slice(-2)}`;
}

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["", "拾", "佰", "仟"];
const WAN = 10_000n;
const YI = 100_000_000n;

/**
 * "123450" fen to 壹仟贰佰叁拾肆元伍角整, as the rules for filling in bills and
 * settlement vouchers (支付结算办法, annex 1) spell it, and as the record does.
 */
export function capitals(fen: string): string {
  const { negative, digits } = digitsOf(fen);
  const yuan = BigInt(digits.slice(0, -2));
  const jiao = Number(digits.at(-2));
  const rest = Number(digits.at(-1));
  let text = negative ? "负" : "";
  if (yuan > 0n || (jiao === 0 && rest === 0)) text += `${whole(yuan)}元`;
  if (jiao === 0 && rest === 0) return `${text}整`;
  if (rest === 0) return `${text}${DIGITS[jiao]}角整`;
  if (jiao === 0) return `${text}${yuan > 0n ? "零" : ""}${DIGITS[rest]}分`;
  return `${text}${DIGITS[jiao]}角${DIGITS[rest]}分`;
}

/** A whole number, by 亿 and 万 downwards; a gap between two groups is one 零. */
function whole(number: bigint): string {
  for (const [unit, name] of [
    [YI, "亿"],
    [WAN, "万"],
  ] as const) {
    if (number < unit) continue;
    const low = number % unit;
    const gap = low > 0n && low < unit / 10n ? "零" : "";
    return `${whole(number / unit)}${name}${gap}${low > 0n ? whole(low) : ""}`;
  }
  if (number === 0n) return "零";
  let text = "";
  let gap = false;
  for (let place = 3; place >= 0; place--) {
    const value = Math.floor(Number(number) / 10 ** place) % 10;
    if (value === 0) {
      gap = text !== "";
      continue;
    }
    text += `${gap ? "零" : ""}${DIGITS[value]}${PLACES[place]}`;
    gap = false;
  }
  return text;
}

/** At least three digits: what stands before the last two are yuan. */
function digitsOf(fen: string): { negative: boolean; digits: string } {
  if (!/^-?\d+$/.test(fen)) throw new TypeError(`no fen: ${fen}`);
  const value = BigInt(fen);
  return { negative: value < 0n, digits: (value < 0n ? -value : value).toString().padStart(3, "0") };
}

/** What a Chinese input method makes of figures. */
function halfWidth(text: string): string {
  return text
    .trim()
    .replace(/[０-９]/gu, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replaceAll("，", ",")
    .replace(/[．。]/gu, ".");
}
