/** The drawing of prices. ECharts comes only when something is drawn, and only the pieces that are used. */
import { drawn as number, type Prices } from "./prices";
import type { EChartsCoreOption, EChartsType } from "echarts/core";

export interface Chart {
  dispose(): void;
}

interface Words {
  price: string;
  control: string;
  base: string;
  mean: string;
  lowest: string;
  highest: string;
}

const BLUE = "#0b4f8a";
const AMBER = "#b26a00";
const GREEN = "#1d7a46";
const INK = "#1a2330";
const SOFT = "#4a5563";
/** More names than these cannot be read beside the bars. */
export const NAMED = 24;
/** A canvas inherits no font. */
const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif';

/** Both pictures: a bar for each bidder, and all prices on one line. */
export function options(
  made: Prices,
  words: Words,
  { letter: size, named: fit, large }: { letter: number; named: number; large: boolean },
): { bars: EChartsCoreOption; spread: EChartsCoreOption } {
  const { rows, scale } = made;
  const value = (units: bigint) => number(units, scale);
  const text = { fontSize: size, color: INK };
  const named = rows.length <= fit;
  const names = rows.map((row) => row.name);
  const amounts = {
    type: "value",
    axisLabel: { fontSize: size * 0.9, color: SOFT, formatter: (it: number) => brief(it), hideOverlap: true, showMaxLabel: false },
    splitLine: { lineStyle: { color: "#e3e7ec" } },
    axisLine: { show: false },
  };
  const bidders = {
    type: "category",
    data: names,
    inverse: named,
    axisTick: { show: false },
    axisLabel: named ? { ...text, width: size * (large ? 14 : 11.5), overflow: "truncate" } : { show: false },
  };
  const line = (at: bigint, name: string, color: string) => ({
    ...(named ? { xAxis: value(at) } : { yAxis: value(at) }),
    name,
    lineStyle: { color, width: 2, type: "solid" },
    label: { formatter: name, color, fontSize: size, position: named ? "start" : "insideEndTop" },
  });
  const limits = [
    ...(made.control === undefined ? [] : [line(made.control, words.control, AMBER)]),
    ...(made.base === undefined ? [] : [line(made.base, words.base, GREEN)]),
  ];
  const marks = limits.length ? limits : [line(made.mean, words.mean, SOFT)];
  const common = { animation: false, textStyle: { fontFamily: FONT }, aria: { enabled: false } };
  const tooltip = { renderMode: "richText", confine: true };
  const bars: EChartsCoreOption = {
    ...common,
    grid: { left: 8, right: size * 3, top: size * 2.4, bottom: 8, containLabel: true },
    tooltip: { ...tooltip, trigger: "item", formatter: (at: { dataIndex: number }) => told(rows[at.dataIndex]) },
    xAxis: named ? { ...amounts, max: top(made) } : bidders,
    yAxis: named ? bidders : { ...amounts, max: top(made) },
    series: [
      {
        type: "bar",
        barMaxWidth: size * 1.75,
        itemStyle: { color: BLUE },
        label: {
          show: named,
          position: "insideRight",
          color: "#fff",
          fontSize: size,
          formatter: (at: { dataIndex: number }) => rows[at.dataIndex]?.text ?? "",
        },
        data: rows.map((row) => ({
          value: value(row.units),
          itemStyle: row.over ? { color: AMBER } : undefined,
        })),
        markLine: { symbol: "none", silent: true, data: marks },
      },
    ],
  };
  const low = least(made);
  const high = most(made);
  const margin = Math.max(value(high - low) * 0.08, Math.abs(value(high)) * 0.002);
  const vertical = (at: bigint, name: string, color: string, position: string, distance: number) => ({
    xAxis: value(at),
    name,
    lineStyle: { color, width: 2, type: "solid" },
    label: { formatter: name, color, fontSize: size * 0.95, position, distance },
  });
  const spread: EChartsCoreOption = {
    ...common,
    grid: { left: size * 2, right: size * 2, top: size * 2.4, bottom: size * 3.6 },
    tooltip: { ...tooltip, trigger: "item", formatter: (at: { dataIndex: number }) => told(rows[at.dataIndex]) },
    xAxis: {
      ...amounts,
      min: value(low) - margin,
      max: value(high) + margin,
      axisLabel: { ...amounts.axisLabel, showMinLabel: false, showMaxLabel: false },
    },
    yAxis: { type: "value", show: false, min: -1, max: 1 },
    series: [
      {
        type: "scatter",
        symbolSize: size,
        itemStyle: { color: BLUE, opacity: 0.75 },
        data: rows.map((row) => [value(row.units), 0]),
        markLine: {
          symbol: "none",
          silent: true,
          data: [
            // Below the axis and its numbers.
            vertical(made.mean, words.mean, SOFT, "start", size * 1.7),
            ...(made.control === undefined ? [] : [vertical(made.control, words.control, AMBER, "end", 4)]),
            ...(made.base === undefined ? [] : [vertical(made.base, words.base, GREEN, "end", 4)]),
          ],
        },
      },
    ],
  };
  return { bars, spread };

  function told(row: Prices["rows"][number] | undefined): string {
    if (!row) return "";
    return [row.name, `${words.price} ${row.text}`, row.control ? `${words.control} ${row.control}%` : ""].filter(Boolean).join("\n");
  }
}

function top(made: Prices): number {
  return number(most(made), made.scale) * 1.04;
}

/** The least and the most of all that is drawn. */
function least({ lowest, control = lowest, base = lowest }: Prices): bigint {
  return [control, base].reduce((one, other) => (other < one ? other : one), lowest);
}

function most({ highest, control = highest, base = highest }: Prices): bigint {
  return [control, base].reduce((one, other) => (other > one ? other : one), highest);
}

/** Axis labels: 860 万, 1.2 亿. */
function brief(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e8) return `${trim(value / 1e8)} 亿`;
  if (size >= 1e4) return `${trim(value / 1e4)} 万`;
  return trim(value);
}

function trim(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Draws or redraws; each chart keeps to the size of its element. */
export async function draw(wanted: [HTMLElement, EChartsCoreOption][]): Promise<Chart[]> {
  const { getInstanceByDom, init } = await import("./kit");
  return wanted.map(([element, option]) => {
    const there: EChartsType | undefined = getInstanceByDom(element);
    const chart = there ?? init(element, undefined, { renderer: "canvas" });
    chart.setOption(option, true);
    if (!there) {
      const observer = new ResizeObserver(() => chart.resize());
      observer.observe(element);
      watched.set(chart, observer);
    }
    return {
      dispose() {
        watched.get(chart)?.disconnect();
        chart.dispose();
      },
    };
  });
}

const watched = new WeakMap<EChartsType, ResizeObserver>();
