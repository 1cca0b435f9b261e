/* Draws every [data-chart] with echarts, in the colours of the page; drawn again when the theme or the page changes. */
(() => {
  const charts = new Map();
  const KINDS = { A: "--accent", B: "--good", C: "--field", "": "--accent" };

  function colour(name) {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(${name})`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function option(spec, narrow) {
    const [ink, muted, line, card, accent] = ["--ink", "--muted", "--line", "--card", "--warn"].map(colour);
    const kinds = Object.fromEntries(Object.entries(KINDS).map(([kind, name]) => [kind, colour(name)]));
    const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" });
    const axis = { axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: muted } };
    return {
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      grid: { left: 8, right: 8, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: { color: muted }, data: [spec.bars.name, spec.line.name] },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: card, borderColor: line, textStyle: { color: ink },
        formatter: (points) => [[spec.labels[points[0].dataIndex], spec.bars.kinds[points[0].dataIndex]].filter(Boolean).join(" · "),
          ...points.map((point) => `${point.seriesName}: ${(point.seriesIndex ? spec.line : spec.bars).shown[point.dataIndex]}`)].join("\n"),
      },
      xAxis: { ...axis, type: "category", data: spec.labels, axisLabel: { show: !narrow && spec.labels.length <= 30, color: muted, rotate: 38, width: 110, overflow: "truncate", interval: 0, fontSize: 11 } },
      yAxis: [
        { ...axis, type: "value", splitLine: { lineStyle: { color: line } }, axisLabel: { color: muted, formatter: (value) => short.format(value) } },
        { ...axis, type: "value", min: 0, max: 100, splitLine: { show: false }, axisLabel: { color: muted, formatter: "{value} %" } },
      ],
      series: [
        { name: spec.bars.name, type: "bar", barMaxWidth: 34, itemStyle: { color: kinds[""], borderRadius: [3, 3, 0, 0] },
          data: spec.bars.values.map((value, index) => ({ value, itemStyle: { color: kinds[spec.bars.kinds[index]] || kinds[""] } })) },
        { name: spec.line.name, type: "line", yAxisIndex: 1, data: spec.line.values, symbolSize: 5, lineStyle: { width: 2 }, color: accent },
      ],
    };
  }

  function draw() {
    for (const [element, chart] of charts) {
      if (element.isConnected) continue;
      chart.dispose();
      charts.delete(element);
    }
    document.querySelectorAll("[data-chart]").forEach((element) => {
      const chart = charts.get(element) || echarts.init(element, null, { renderer: "canvas" });
      charts.set(element, chart);
      chart.resize();
      chart.setOption(option(JSON.parse(element.dataset.chart), element.clientWidth < 600), true);
    });
  }

  let timer;
  const soon = () => { clearTimeout(timer); timer = setTimeout(draw, 120); };
  addEventListener("resize", soon);
  document.addEventListener("swapped", draw);
  document.addEventListener("themechange", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
})();
