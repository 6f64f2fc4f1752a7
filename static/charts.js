// Charts of a page: each [data-chart] carries its figures in data-json.
"use strict";
(() => {
  const language = document.documentElement.lang;
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 4 });
  const figure = (value) => (typeof value === "number" ? numbers.format(value) : value ?? "-");
  const named = (options, days) => days.map((day) => new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(day));
  const months = [...Array(12).keys()].map((month) => new Date(Date.UTC(2026, month, 1)));
  const days = [...Array(7).keys()].map((day) => new Date(Date.UTC(2026, 1, 1 + day)));  // from a Sunday on
  echarts.registerLocale("PAGE", { time: {  // what it lacks is taken from EN
    month: named({ month: "long" }, months), monthAbbr: named({ month: "short" }, months),
    dayOfWeek: named({ weekday: "long" }, days), dayOfWeekAbbr: named({ weekday: "short" }, days),
  } });
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const power = (data) => ({
    animation: false,
    useUTC: true, // the figures carry the location's offset
    textStyle: { fontFamily: "Inter, sans-serif" },
    title: { show: !data.power.length && !data.soc.length, text: data.names.empty, left: "center", top: "middle", textStyle: { color: token("--muted"), fontSize: 14, fontWeight: 400 } },
    grid: { left: 52, right: 48, top: 30, bottom: 32 },
    tooltip: {
      trigger: "axis", className: "tip", backgroundColor: token("--surface"), borderColor: token("--border"),
      textStyle: { color: token("--text") },
      formatter: (points) => [points[0].axisValueLabel, ...points.map((point) => `${point.seriesName}: ${figure(point.value[1])} ${point.seriesIndex ? data.units.soc : data.units.power}`)].join("\n"),
      renderMode: "richText",
    },
    xAxis: { type: "time", axisLabel: { color: token("--muted"), fontSize: 12, hideOverlap: true }, axisLine: { lineStyle: { color: token("--border") } }, splitLine: { show: false } },
    yAxis: [
      { type: "value", name: data.units.power, nameTextStyle: { color: token("--muted") }, axisLabel: { color: token("--muted"), fontSize: 12, formatter: figure }, splitLine: { lineStyle: { color: token("--border") } } },
      { type: "value", name: data.units.soc, min: 0, max: 100, show: data.soc.length > 0, nameTextStyle: { color: token("--muted") }, axisLabel: { color: token("--muted"), fontSize: 12, formatter: figure }, splitLine: { show: false } },
    ],
    series: [
      { name: data.names.power, type: "line", showSymbol: data.power.length < 2, data: data.power, lineStyle: { color: token("--info"), width: 2 }, itemStyle: { color: token("--info") }, areaStyle: { color: token("--info"), opacity: 0.16 } },
      { name: data.names.soc, type: "line", yAxisIndex: 1, showSymbol: data.soc.length < 2, data: data.soc, lineStyle: { color: token("--ok"), width: 2, type: "dashed" }, itemStyle: { color: token("--ok") } },
    ],
  });
  const axis = (more = {}) => ({ axisLabel: { color: token("--muted"), fontSize: 12, hideOverlap: true, ...more }, axisLine: { lineStyle: { color: token("--border") } }, nameTextStyle: { color: token("--muted") }, splitLine: { lineStyle: { color: token("--border") } } });
  const frame = (data) => ({
    animation: false, useUTC: true, textStyle: { fontFamily: "Inter, sans-serif" },
    grid: { left: 52, right: 60, top: 56, bottom: 32 },
    legend: { top: 0, textStyle: { color: token("--text") } },
    tooltip: { trigger: "axis", backgroundColor: token("--surface"), borderColor: token("--border"), textStyle: { color: token("--text") }, renderMode: "richText", valueFormatter: figure },
    xAxis: { type: "time", ...axis(), splitLine: { show: false } },
  });
  const colours = () => ["--info", "--ok", "--warn", "--bad"].map(token);
  // A plan: what each source gives, stacked, against what cars and the building take and what one more kWh costs.
  const plan = (data) => ({
    ...frame(data), color: colours(),
    yAxis: [{ type: "value", name: data.units.power, ...axis({ formatter: figure }) }, { type: "value", name: data.units.price, ...axis({ formatter: figure }), splitLine: { show: false } }],
    series: [
      ...data.sources.map((one) => ({ name: one.name, type: "line", step: "end", stack: "supply", showSymbol: false, areaStyle: { opacity: 0.3 }, data: one.points })),
      { name: data.names.battery, type: "line", step: "end", showSymbol: false, lineStyle: { type: "dotted" }, data: data.battery },
      ...(data.sun.length ? [{ name: data.names.sun, type: "line", step: "end", showSymbol: false, lineStyle: { type: "dotted" }, data: data.sun }] : []),
      { name: data.names.load, type: "line", step: "end", showSymbol: false, lineStyle: { color: token("--text"), width: 2 }, itemStyle: { color: token("--text") }, data: data.load },
      { name: data.names.price, type: "line", step: "end", yAxisIndex: 1, showSymbol: false, lineStyle: { color: token("--muted"), type: "dashed" }, itemStyle: { color: token("--muted") }, data: data.price },
    ],
  });
  const prices = (data) => ({
    ...frame(data), color: colours(),
    title: { show: !data.price.length, text: data.names.empty, left: "center", top: "middle", textStyle: { color: token("--muted"), fontSize: 14, fontWeight: 400 } },
    yAxis: { type: "value", name: data.units.price, ...axis({ formatter: figure }) },
    series: [{ name: data.names.price, type: "line", step: "end", showSymbol: false, data: data.price }],
  });
  const sources = (data) => ({
    animation: false,
    textStyle: { fontFamily: "Inter, sans-serif" },
    color: ["--info", "--violet", "--accent", "--ok", "--grey", "--bad"].map(token),
    title: { show: !data.sources.some((source) => source.kwh.some(Boolean)), text: data.empty, left: "center", top: "middle", textStyle: { color: token("--muted"), fontSize: 14, fontWeight: 400 } },
    legend: { top: 0, left: 0, icon: "roundRect", textStyle: { color: token("--muted") } },
    grid: { left: 56, right: 16, top: 44, bottom: 32 },
    tooltip: { trigger: "axis", className: "tip", backgroundColor: token("--surface"), borderColor: token("--border"), textStyle: { color: token("--text") }, renderMode: "richText", valueFormatter: (value) => `${figure(value)} ${data.unit}` },
    xAxis: { type: "category", data: data.days, axisLabel: { color: token("--muted"), fontSize: 12, hideOverlap: true }, axisLine: { lineStyle: { color: token("--border") } } },
    yAxis: { type: "value", name: data.unit, nameTextStyle: { color: token("--muted") }, axisLabel: { color: token("--muted"), fontSize: 12, formatter: figure }, splitLine: { lineStyle: { color: token("--border") } } },
    series: data.sources.map((source) => ({ name: source.name, type: "bar", stack: "all", data: source.kwh, itemStyle: { borderColor: token("--surface"), borderWidth: 1 } })),
  });
  const kinds = { power, plan, prices, sources };

  const draw = (node) => {
    const chart = echarts.getInstanceByDom(node) || echarts.init(node, null, { renderer: "canvas", locale: "PAGE" });
    chart.setOption(kinds[node.dataset.chart](JSON.parse(node.dataset.json)), true);
  };
  const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
  addEventListener("DOMContentLoaded", drawAll);
  document.documentElement.addEventListener("themechange", drawAll);
  addEventListener("resize", () => document.querySelectorAll("[data-chart]").forEach((node) => echarts.getInstanceByDom(node)?.resize()));
  document.addEventListener("htmx:wsAfterMessage", () => {
    document.querySelectorAll("[data-chart]").forEach((node) => {
      const source = document.getElementById(node.dataset.source || "curve-data");
      if (source && source.dataset.json && source.dataset.json !== node.dataset.json) { node.dataset.json = source.dataset.json; draw(node); }
    });
  });
})();
