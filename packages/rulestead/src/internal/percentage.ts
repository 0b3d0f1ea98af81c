/** See `Percentage.toBasisPoints`. */
export const toBasisPoints = (percentage: number): number => Math.round(percentage * 100)
