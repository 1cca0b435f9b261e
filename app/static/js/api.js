// @ts-check
/* The description of REST, drawn by the Swagger that Flask-AppBuilder brings. */
const place = document.querySelector("[data-openapi]");
SwaggerUIBundle({ url: place.dataset.openapi, domNode: place, presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout" });
