"use strict";

const place = document.getElementById("docs");

/* Who is logged in at the portal may try things out: the session's requests need its CSRF token. */
const withCsrf = (request) => {
  const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (found && !request.headers.Authorization) {
    request.headers["X-CSRFToken"] = decodeURIComponent(found[1]);
  }
  return request;
};

SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: withCsrf,
});
