/** Version of the tracker: in its banner and in every envelope (`ctx.tracker`). */
export const VERSION = '1.0.0';
