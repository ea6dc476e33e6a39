/** Stands in a comment of every text file that Muster writes: by this a file is known to be its own, and in which format. */
export const fileMark = 'muster format_version=1.0; written by muster, edits are overwritten';
