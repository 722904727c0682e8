// Tab lists: arrows, Home and End move, one tab is in the order of focus.

let number = 0;

/** Make tabs of buttons with `panels[i]` each; `chosen` hears the index. Returns a function that selects. */
export function makeTabs(list, panels, chosen = () => {}) {
  const tabs = [...list.querySelectorAll("button")];
  list.setAttribute("role", "tablist");
  tabs.forEach((tab, index) => {
    number += 1;
    tab.id ||= `tab-${number}`;
    panels[index].id ||= `panel-${number}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panels[index].id);
    panels[index].setAttribute("role", "tabpanel");
    panels[index].setAttribute("aria-labelledby", tab.id);
  });
  const select = (index) => {
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === index));
      tab.tabIndex = at === index ? 0 : -1;
      panels[at].toggleAttribute("data-shown", at === index);
    });
    list.scrollLeft = tabs[index].offsetLeft - list.offsetLeft - 24;
    chosen(index);
  };
  list.addEventListener("click", (event) => {
    const index = tabs.indexOf(event.target.closest("button"));
    if (index >= 0) select(index);
  });
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(event.target);
    const last = tabs.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at ? at - 1 : last, Home: 0, End: last }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    select(to);
    tabs[to].focus();
  });
  select(Math.max(0, panels.findIndex((panel) => panel.hasAttribute("data-shown"))));
  return select;
}
