import { sagaOperations } from "@weft/saga/operators";

/** What operators do with the shop's sagas: all of them are checkout's. */
export const { listSagas, getSaga, orderSaga, signalSaga, sagaNeeds } = sagaOperations(["gateway"]);
