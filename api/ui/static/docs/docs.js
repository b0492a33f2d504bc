// Shows the OpenAPI document with Swagger UI, without its validator badge, which would call another host.

window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#interface',
  deepLinking: true,
  validatorUrl: null,
});
