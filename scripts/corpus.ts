/** `npm run corpus`: adds to the recorded sagas that every later release must read as they were written. */
import "../packages/saga/corpus/main.ts";
