// A server that renders pages loads the library too, and must not need a browser for it.
import causeway, { version } from '@causeway-rtc/causeway';

process.stdout.write(`${version} ${typeof causeway.connect}`);
