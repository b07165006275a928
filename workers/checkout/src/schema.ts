export { sagaIndex } from "@weft/saga/index-schema";
