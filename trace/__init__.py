"""Where the goods come from: batches, EPCIS events, the transparency log, the cold chain and the journey shown to buyers."""
