// Draws the places of the list below on outlines of countries: no tiles, no other origin. The list says all of it too.
(async () => {
  const box = document.getElementById("map");
  if (!box || !window.L) return;
  const words = box.dataset;
  const read = async (address) => (await fetch(address, { headers: { Accept: "application/json" } })).json();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const [told, outlines] = await Promise.all([read(words.marks), read(words.outlines)]);
  const map = L.map(box, { attributionControl: false, minZoom: 2, maxZoom: 12, zoomSnap: 0.5 });
  const points = told.places.map((place) => place.at);
  if (points.length) map.fitBounds(points, { padding: [60, 60], maxZoom: 7 });
  else map.setView([0, 22], 3);
  map.zoomControl.setPosition("topright");
  L.control.scale({ imperial: false }).addTo(map);
  const named = new Set(told.countries);
  map.createPane("outlines").style.zIndex = 300;
  L.geoJSON(outlines, {
    interactive: false, pane: "outlines",
    style: (one) => ({
      color: colour("--quiet"), weight: named.has(one.properties.code) ? 1.2 : 0.5,
      fillColor: named.has(one.properties.code) ? "#fff" : colour("--wash"), fillOpacity: 1,
    }),
  }).addTo(map);

  const line = (name, text, address) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (address) made.href = address;
    return made;
  };
  const popup = (place) => {
    const shown = document.createElement("div");
    shown.append(place.to ? line("a", place.name, place.to) : line("b", place.name), line("p", place.told));
    if (place.territory) {
      const only = new URL(location.href);
      only.searchParams.set("territory", place.territory);
      only.searchParams.delete("after");
      shown.append(line("a", `${words.only} ${place.territory}`, only.pathname + only.search));
    }
    return shown;
  };
  const canvas = L.canvas({ padding: 0.3 });
  const mark = (place, lettered) => {
    if (!place.letter || !lettered) {
      return L.circleMarker(place.at, {
        renderer: canvas, radius: place.letter ? 7 : place.watched ? 5 : 4, weight: 1.5, color: colour("--ink"),
        fillColor: place.letter ? colour("--r1") : place.watched ? colour("--r4") : "#fff", fillOpacity: 1,
        dashArray: place.late ? "2 2" : null,
      });
    }
    const html = line("span", place.letter);
    html.className = `letter ${place.letter.toLowerCase()}`;
    const icon = L.divIcon({ html, className: place.late ? "mark late" : "mark", iconSize: [24, 24] });
    return L.marker(place.at, { icon, title: place.name, alt: `${place.letter}: ${place.name}`, riseOnHover: true });
  };
  const ranked = told.places.filter((place) => place.letter).length;
  for (const place of [...told.places].reverse()) {
    const made = mark(place, ranked <= 400).bindPopup(() => popup(place)).addTo(map);
    if (place.letter && ranked <= 25) {
      made.bindTooltip(place.name, { permanent: true, direction: "right", offset: [12, 0], className: "named" });
    }
  }
})();
