/** Name of the only object of the class CircuitDirectory. */
export const DIRECTORY = "directory";
