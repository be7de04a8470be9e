// What Temporal's SDK has of Node's `util`.
module.exports = { TextEncoder, TextDecoder };
