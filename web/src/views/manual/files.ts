/** Where the pictures are served; none is fetched before it is shown. */
import type { Language } from "@/i18n";
import type { Shown } from "./pictures";

const FILES = import.meta.glob<string>("./pictures/*/*.webp", { eager: true, query: "?url", import: "default" });

export function pictureOf(name: Shown, language: Language): string | undefined {
  return FILES[`./pictures/${language}/${name}.webp`];
}
