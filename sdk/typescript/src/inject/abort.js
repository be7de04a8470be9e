export { AbortController, AbortSignal } from "abortcontroller-polyfill/dist/cjs-ponyfill";
