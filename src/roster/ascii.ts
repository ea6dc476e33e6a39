/** As nearly all that is written for us is: then many a dearer look at it is needless. To compare two lengths is cheaper than any expression. */
export const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;
