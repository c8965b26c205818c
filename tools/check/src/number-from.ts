import { InvalidArgumentError } from 'commander';

/** Parses the value of an option. @throws {InvalidArgumentError} for what is no number, or less than `min` */
export const numberFrom =
  (min: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!(value >= min)) throw new InvalidArgumentError(`a number from ${min} on.`);
    return value;
  };
