/** Money: fen as text, yuan as people type it, and Chinese capitals 大写金额. No floats. */

/** "1,234.5" or "1234.50" yuan to "123450" fen; undefined when it is no amount. */
export function fenOfYuan(text: string): string | undefined {
  void text;
  throw new Error("not yet");
}

/** "123450" fen to "1234.50"; grouped: "1,234.50". */
export function yuanOfFen(fen: string, grouped = false): string {
  void [fen, grouped];
  throw new Error("not yet");
}

/** "123450" fen to 壹仟贰佰叁拾肆元伍角整. */
export function capitals(fen: string): string {
  void fen;
  throw new Error("not yet");
}
