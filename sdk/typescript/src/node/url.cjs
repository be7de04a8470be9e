// What Temporal's SDK has of Node's `url`.
module.exports = { URL, URLSearchParams };
