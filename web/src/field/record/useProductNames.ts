/** The name of a product in the language of the page; its id where this phone does not know it. */
import { language } from "@shared/i18n";
import { inLanguage } from "@shared/words";
import { useField } from "../field";

export function useProductNames(): (product: string) => string {
  const { known } = useField();
  return (product) => {
    const found = known.products.value.find(({ id }) => id === product);
    return found ? inLanguage(found, language.value).title : product;
  };
}
