// Serves one MTA-STS policy (RFC 8461 §3.3) from the plain-text binding POLICY, and nothing else.
// The policy changes by its binding; this text never does.

const PATH = "/.well-known/mta-sts.txt";

export default {
  fetch(request, env) {
    if (new URL(request.url).pathname !== PATH) {
      return text("There is only a mail transport policy here.\n", 404);
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return text("Only GET and HEAD.\n", 405, { allow: "GET, HEAD" });
    }
    return text(env.POLICY, 200, { "cache-control": "max-age=300" });
  },
};

function text(body, status, headers = {}) {
  return new Response(body, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff", ...headers },
  });
}
