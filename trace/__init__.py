"""Where the goods come from: batches, EPCIS events, the transparency log, the cold chain, the journey buyers see."""
