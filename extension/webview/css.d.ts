/** Style sheets are imported for the bundler, which puts them beside the scripts. */
declare module "*.css";
