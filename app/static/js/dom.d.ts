// What the selectors of these scripts find: elements of pages and forms. A library that a page loads before them: echarts.
interface ParentNode {
  querySelector<E extends Element = HTMLInputElement>(selectors: string): E | null;
  querySelectorAll<E extends Element = HTMLInputElement>(selectors: string): NodeListOf<E>;
}
interface Element {
  closest<E extends Element = HTMLInputElement>(selectors: string): E | null;
}
declare const echarts: any;
