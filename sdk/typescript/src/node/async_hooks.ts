// Of Node's `async_hooks`, what follows a program through its awaits here too.
export { AsyncLocalStorage } from "../scope";
