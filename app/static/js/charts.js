// @ts-check
/* Draws every [data-chart] with echarts, in the colours of the page; drawn again when the theme or the page changes. */
const charts = new Map();
let onPaper = false;
const KINDS = { A: "--part-a", B: "--part-b", C: "--part-c", "": "--part-a" };

function colour(name) {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/* The library takes a Cyrillic letter for a Chinese one, which is wider: what has room is found out here. */
const measured = document.createElement("canvas").getContext("2d");
function wrapped(text, width, size, most) {
  measured.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  const fits = (part) => measured.measureText(part).width <= width;
  const cut = (part) => {
    let end = part.length;
    while (end > 1 && !fits(`${part.slice(0, end)}…`)) end -= 1;
    return `${part.slice(0, end)}…`;
  };
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (!lines.length || fits(longer)) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return [...lines.slice(0, most - 1), ...(lines.length >= most ? [lines.slice(most - 1).join(" ")] : [])]
    .map((line) => (fits(line) ? line : cut(line))).join("\n");
}

/* Names under bars: upright where each has room, else aslant. */
function names(labels, width, narrow) {
  const room = (width - 90) / labels.length;
  const size = room < 90 ? 10 : 12;
  const common = { interval: 0, color: colour("--muted") };
  if (room >= 56) return { ...common, fontSize: size, lineHeight: 14, formatter: (text) => wrapped(text, room - 8, size, 3) };
  return { ...common, fontSize: 11, rotate: 38, show: !narrow && labels.length <= 40, formatter: (text) => wrapped(text, 110, 11, 1) };
}

/* Which of the drawn columns a series is of. */
function columnOf(spec, series) {
  if (spec.parts) return spec.parts.flatMap((part, place) => (part.values.some(Boolean) ? [place] : []))[series];
  return spec.grouped ? series : 0;
}

/* What charts of every kind share. */
function look() {
  const [ink, muted, line, card] = ["--ink", "--muted", "--line", "--card"].map(colour);
  return {
    muted, line, card,
    axis: { axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: muted } },
    option: {
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      animation: !onPaper && !matchMedia("(prefers-reduced-motion: reduce)").matches,
      grid: { left: 8, right: 8, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: { color: muted } },
      tooltip: { trigger: "axis", renderMode: "richText", confine: true, backgroundColor: card, borderColor: line, textStyle: { color: ink } },
    },
  };
}

/* Lines that a legend of these names takes. */
function legendLines(named, width) {
  return Math.ceil(named.reduce((sum, { name }) => sum + 45 + name.length * 8, 0) / width);
}

function pareto(spec, narrow, width) {
  const { muted, line, axis, option } = look();
  const kinds = Object.fromEntries(Object.entries(KINDS).map(([kind, name]) => [kind, colour(name)]));
  const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" });
  const series = [
    ...[...new Set(spec.bars.kinds)].map((kind) => ({
      name: spec.kinds[kind] || spec.bars.name, type: "bar", stack: "bars", barMaxWidth: 34, color: kinds[kind] || kinds[""],
      itemStyle: { borderRadius: [3, 3, 0, 0] }, data: spec.bars.values.map((value, index) => (spec.bars.kinds[index] === kind ? value : null)),
    })),
    { name: spec.line.name, type: "line", yAxisIndex: 1, data: spec.line.values, symbolSize: 5, lineStyle: { width: 2 }, color: colour("--warn"),
      markLine: { silent: true, symbol: "none", lineStyle: { type: "dashed", color: muted }, label: { position: "insideStartTop", formatter: "{c} %", color: muted },
        data: spec.borders.map((border) => ({ yAxis: border })) } },
  ];
  return {
    ...option,
    grid: { ...option.grid, top: 12 + legendLines(series, width) * 24 },
    tooltip: {
      ...option.tooltip,
      formatter: (points) => [[spec.labels[points[0].dataIndex], spec.bars.kinds[points[0].dataIndex]].filter(Boolean).join(" · "),
        ...["bar", "line"].filter((type) => points.some((point) => point.seriesType === type)).map((type) => (type === "bar" ? spec.bars : spec.line))
          .map((series) => `${series.name}: ${series.shown[points[0].dataIndex]}`)].join("\n"),
    },
    xAxis: { ...axis, type: "category", data: spec.labels, axisLabel: names(spec.labels, width, narrow) },
    yAxis: [
      { ...axis, type: "value", splitLine: { lineStyle: { color: line } }, axisLabel: { color: muted, formatter: (value) => short.format(value) } },
      { ...axis, type: "value", min: 0, max: 100, splitLine: { show: false }, axisLabel: { color: muted, formatter: "{value} %" } },
    ],
    series,
  };
}

function bars(spec, narrow, width) {
  const { muted, line, axis, option } = look();
  const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" });
  return {
    ...option,
    legend: { show: false },
    grid: { ...option.grid, top: 12 },
    tooltip: {
      ...option.tooltip, axisPointer: { type: "shadow" },
      formatter: ([{ dataIndex }]) => `${spec.labels[dataIndex]}\n${spec.bars.name}: ${spec.bars.shown[dataIndex]}`,
    },
    xAxis: { ...axis, type: "category", data: spec.labels, axisLabel: names(spec.labels, width, narrow) },
    yAxis: { ...axis, type: "value", splitLine: { lineStyle: { color: line } }, axisLabel: { color: muted, formatter: (value) => short.format(value) } },
    series: [{ name: spec.bars.name, type: "bar", barMaxWidth: 34, color: colour("--part-a"), itemStyle: { borderRadius: [3, 3, 0, 0] }, data: spec.bars.values }],
  };
}

function stacked(spec, narrow, width) {
  const { muted, line, card, axis, option } = look();
  const parts = spec.parts.filter((part) => part.values.some(Boolean));
  const totals = spec.labels.map((_, index) => parts.reduce((sum, part) => sum + part.values[index], 0));
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent", maximumFractionDigits: 1 });
  return {
    ...option,
    grid: { ...option.grid, right: 24, top: 10 + legendLines(parts, width) * 24 },
    tooltip: {
      ...option.tooltip, axisPointer: { type: "shadow" },
      formatter: (points) => [spec.labels[points[0].dataIndex], ...points.filter((point) => point.value).map((point) =>
        `${point.seriesName}: ${parts[point.seriesIndex].shown[point.dataIndex]} (${percent.format(point.value)})`)].join("\n"),
    },
    xAxis: { ...axis, type: "value", max: 1, splitLine: { lineStyle: { color: line } }, axisLabel: { color: muted, formatter: (value) => percent.format(value) } },
    yAxis: { ...axis, type: "category", inverse: true, data: spec.labels, axisLabel: { color: muted, fontSize: narrow ? 11 : 12, lineHeight: 14, formatter: (text) => wrapped(text, narrow ? 96 : 210, narrow ? 11 : 12, 2) } },
    series: parts.map((part) => ({
      name: part.name, type: "bar", stack: "all", barMaxWidth: 30, color: colour(`--part-${part.kind}`), itemStyle: { borderColor: card, borderWidth: 1 },
      data: part.values.map((value, index) => (totals[index] ? value / totals[index] : 0)),
      label: { show: true, formatter: (point) => (point.value > (narrow ? 0.12 : 0.03) ? part.shown[point.dataIndex] : "") },
    })),
  };
}

function grouped(spec, narrow, width) {
  const { muted, line, axis, option } = look();
  const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" });
  const colours = ["--part-a", "--part-b", "--part-c", "--part-x", "--part-y", "--part-z"].map(colour);
  return {
    ...option,
    grid: { ...option.grid, top: 10 + legendLines(spec.grouped, width) * 24 },
    tooltip: {
      ...option.tooltip, axisPointer: { type: "shadow" },
      formatter: (points) => [spec.labels[points[0].dataIndex], ...points.map((point) =>
        `${point.seriesName}: ${spec.grouped[point.seriesIndex].shown[point.dataIndex] || "—"}`)].join("\n"),
    },
    xAxis: { ...axis, type: "category", data: spec.labels, axisLabel: names(spec.labels, width, narrow) },
    yAxis: { ...axis, type: "value", splitLine: { lineStyle: { color: line } }, axisLabel: { color: muted, formatter: (value) => short.format(value) } },
    series: spec.grouped.map((part, index) => ({
      name: part.name, type: "bar", barMaxWidth: 34, color: colours[index % colours.length], itemStyle: { borderRadius: [3, 3, 0, 0] }, data: part.values,
    })),
  };
}

/* The library comes with the first chart: most reports have none. */
let library;
function loaded(address) {
  library ||= new Promise((ready) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", ready);
    document.head.append(script);
  });
  return library;
}

async function draw() {
  for (const [element, chart] of charts) {
    if (element.isConnected) continue;
    chart.dispose();
    charts.delete(element);
  }
  const found = document.querySelectorAll("[data-chart]");
  if (found.length) await loaded(found[0].dataset.library);
  found.forEach((element) => {
    if (!element.isConnected) return; // another page came while the library did
    const chart = charts.get(element) || echarts.init(element, null, { renderer: "canvas" });
    const spec = JSON.parse(element.dataset.chart);
    charts.set(element, chart);
    chart.resize();
    chart.off("click");
    chart.on("click", ({ seriesIndex, dataIndex }) => {
      const link = spec.links[columnOf(spec, seriesIndex)]?.[dataIndex];
      if (link) location.assign(link);
    });
    paint(chart, spec, element.clientWidth);
  });
}

function paint(chart, spec, width) {
  chart.setOption((spec.grouped ? grouped : spec.parts ? stacked : spec.line ? pareto : bars)(spec, width < 600, width), true);
}

/* What is printed is what stands there when this returns: in the colours of paper, and nothing that still moves. */
function printed(isBegun) {
  onPaper = isBegun;
  document.documentElement.style.colorScheme = isBegun ? "light" : "";
  for (const [element, chart] of charts) {
    paint(chart, JSON.parse(element.dataset.chart), chart.getWidth());
    chart.getZr().flush();
  }
}

let timer;
const soon = () => { clearTimeout(timer); timer = setTimeout(draw, 120); };
addEventListener("resize", () => { if (!onPaper) soon(); });
addEventListener("beforeprint", () => printed(true));
addEventListener("afterprint", () => printed(false));
document.addEventListener("swapped", draw);
document.addEventListener("themechange", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
