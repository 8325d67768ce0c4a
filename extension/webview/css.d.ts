/** Style sheets are imported for the bundler, which puts them into dashboard.css. */
declare module "*.css";
