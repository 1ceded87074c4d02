"""Numba kernels: integers only. Importing a kernel module compiles it, or loads it from numba's disk cache.

Six loops, a model's each, that code symbols through one port, and what they are made of:

    all           port: one coding call, four directions; arrays, compiling, fixed, hashing, prefetch, vectors
    order0        nothing else
    bytes         history, contexts, slots, counters, match: what the past says; tier, selectors, mixer, apm: how it
                  is weighed; net; x86, branches, operands, keys: code and records; tables, grams; colours: drawings
    planes        least_squares, residual, lattice, recall: predictors and experts; experts, window, decisions,
                  logistic: distributions, and how a sample is asked for; pixel_contexts, pixel_tier, wide_mixer,
                  weight_sets; pixels is the first generation
    deep          the same for 9 to 16 bits: deep_experts
    audio         audio_predictors, audio_experts: sound
    coefficients  block_predictor, coefficient_contexts, dct
    quick_coefficients
                  quick_contexts, octets: the same with few contexts, for speed

What others deflated is written again to the bit by deflate (inflated), deflate_match, deflate_chains, libdeflate,
deflate_plan (copies and ends of blocks as expected), deflate_trees, deflate_blocks (codes and types as expected,
bits). lzw is the same for GIF and TIFF, and type1 the cipher of fonts.

What pictures were made of is found and undone by sources (luma and chroma), jpeg (blocks and halved chroma),
jpeg_search and chroma_search (when encoding), and png (row filters). Files of JPEG: jpeg_scans, jpeg_reader,
jpeg_writer.
"""
