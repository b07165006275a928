/** Why a sleep is cut short: what it was for is over. One for all, since making a reason costs more than the rest. */
export const OVER: unknown = "over";
