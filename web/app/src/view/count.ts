const CAP = 99;

/** How many, as far as anybody wants to know. */
export const countText = (count: number): string => (count > CAP ? `${CAP}+` : String(count));
