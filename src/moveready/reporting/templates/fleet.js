"use strict";
// Filter and sort. The page is complete without: everything below only hides, opens and orders what is there.
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const rows = all("#sites [data-kind][data-server]");
  const details = all("#details [data-server]");
  const pools = all("#sites .pool");
  const folds = all("#sites details, #details .ready-servers");
  const wasOpen = new Map(folds.map((fold) => [fold, fold.open]));
  const kinds = ["not-ready", "unknown", "waived", "ready", "not-asked"];
  const texts = new Map();
  const order = new Map(all("#sites .site, #sites .pool, #sites tbody > tr").map((element, place) => [element, place]));

  const textOf = (row) => {
    if (!texts.has(row)) {
      const places = [row.closest(".site"), row.closest(".pool")].map((place) => place.dataset.name);
      texts.set(row, [row.textContent, ...places].join(" ").toLowerCase());
    }
    return texts.get(row);
  };

  const filter = () => {
    const words = byId("filter-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = byId("filter-kind").value;
    const isAny = words.length > 0 || kind !== "";
    const shown = new Set();
    for (const row of rows) {
      row.hidden = (kind !== "" && row.dataset.kind !== kind) || !words.every((word) => textOf(row).includes(word));
      if (!row.hidden) shown.add(row.dataset.server);
    }
    for (const detail of details) detail.hidden = !shown.has(detail.dataset.server);
    for (const place of all("#sites .few, #sites table, #sites .pool, #sites .site, #details .ready-servers")) {
      place.hidden = isAny && !place.querySelector("[data-server]:not([hidden])");
    }
    for (const fold of folds) fold.open = isAny ? !fold.hidden : wasOpen.get(fold);
    byId("filter-count").textContent = `${shown.size.toLocaleString("en")} of ${rows.length.toLocaleString("en")} servers shown`;
  };

  const rankOf = (row, kb) => kinds.indexOf(row.cells[Number(kb) + 2].dataset.kind);
  const compare = {
    worst: (one, other) => order.get(one) - order.get(other),
    name: (one, other) => one.dataset.name.localeCompare(other.dataset.name, "en", { numeric: true }),
  };
  const sort = () => {
    const by = byId("sort").value;
    const places = compare[by] ?? compare.worst;
    const servers = compare[by] ?? ((one, other) => rankOf(one, by) - rankOf(other, by) || compare.worst(one, other));
    const reorder = (parent, selector, how) => parent.append(...all(selector, parent).sort(how));
    reorder(byId("sites"), ":scope > .site", places);
    for (const site of all("#sites > .site")) reorder(site, ":scope > .pool", places);
    for (const body of all("#sites tbody")) reorder(body, ":scope > tr", servers);
  };

  // A long list is folded on the screen; on paper everything is unfolded but the evidence.
  if (details.length > 50) for (const detail of details) detail.open = false;
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open], .evidence, .ready-servers, .ready-servers *)");
    for (const fold of folded) fold.open = true;
  });
  addEventListener("afterprint", () => folded.forEach((fold) => { fold.open = false; }));

  byId("filter-text").addEventListener("input", filter);
  byId("filter-kind").addEventListener("change", filter);
  byId("sort").addEventListener("change", sort);
  byId("tools").hidden = false;
  filter();
})();
