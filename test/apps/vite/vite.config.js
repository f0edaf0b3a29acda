export default {
  base: "./",
  build: { target: "es2022" },
  // Workers that fetch decoders when they need them are modules.
  worker: { format: "es" },
};
