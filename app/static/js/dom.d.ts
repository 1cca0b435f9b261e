// What the selectors of these scripts find: elements of pages and forms. Libraries that a page loads before them: echarts, Swagger.
interface ParentNode {
  querySelector<E extends Element = HTMLInputElement>(selectors: string): E | null;
  querySelectorAll<E extends Element = HTMLInputElement>(selectors: string): NodeListOf<E>;
}
interface Element {
  closest<E extends Element = HTMLInputElement>(selectors: string): E | null;
}
declare const echarts: any;
declare const SwaggerUIBundle: any;
declare const EventCalendar: any;
