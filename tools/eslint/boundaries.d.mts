/** Project by folder name, and the projects that it may import. */
export declare const allowed: Readonly<Record<string, readonly string[]>>;
export declare const depConstraints: readonly { sourceTag: string; onlyDependOnLibsWithTags: string[] }[];
